export { imageTaskType as definition } from '../imageannotation/image-task-type';
